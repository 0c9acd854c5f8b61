"""What the law counts with, as data with dates. Pure: no database, no clock, no framework."""
