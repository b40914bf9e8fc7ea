import os

# Tests never touch the data folder of a running Breakwater.
os.environ.setdefault("BREAKWATER_DATA", os.path.join(os.environ.get("TMPDIR", "/tmp"), f"breakwater-tests-{os.getuid()}"))
