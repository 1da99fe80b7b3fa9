"""Speed of simcore, measured with the answers asserted. See README.md in this folder.

Nothing here is a timed test: a slow machine fails no build. `make bench` writes RESULTS.md, `make bench-peers`
PEERS.md.
"""

import os

os.environ.setdefault("SIMCORE_LEDGER", "off")  # what is measured is nobody's trial
