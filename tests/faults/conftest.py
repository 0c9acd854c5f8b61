"""What is asserted beside the tests is explained as they are."""

import pytest

pytest.register_assert_rewrite("faults.homes")
