"""The strategy library: one family of strategies a file, found through the entry points `simcore.strategies`.

Each is a plain class to run, to copy and to change; its compiled form stands below it under a name that begins with
Fast. They show how a strategy is written, not how money is made.
"""
