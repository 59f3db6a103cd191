# Made by `cargo course class`. Below the last line, add what you like: the file is then left as it is when you call `class` again.
import sys

sys.path.insert(0, "{python}")

import spectral_grading

c = get_config()
spectral_grading.configure(c)
# How many seconds a cell may take, and how many GiB of memory each process of a kernel may use:
# c.ExecuteChecks.timeout = 60
# c.ExecuteChecks.memory = 4.0
