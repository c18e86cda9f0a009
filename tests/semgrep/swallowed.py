from contextlib import suppress

# ruleid: swallowed
try:
    act()
except Exception:
    pass

# ruleid: swallowed
try:
    act()
except:
    log.error("failed")

# ruleid: swallowed
with suppress(Exception):
    act()

# ok: swallowed
try:
    act()
except FileNotFoundError:
    pass

# ok: swallowed
try:
    act()
except Exception:
    log.exception("failed")
    raise
