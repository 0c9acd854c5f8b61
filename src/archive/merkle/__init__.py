"""The transparency log's arithmetic: pure, one file per specification."""
