"""The Decimal twin: the account again, slow and obvious, written from the rules and not from the kernel.

Random programs are played on both, and everything is compared after every event (test_against_kernel, test_models).

The twin: engine (feed, acts, readings) and external (a broker elsewhere). What time does by itself: due, clock,
financing, moving. Orders: orders and conditions (what is refused), changes, venue and matching (what fills), reserves,
protection (stops, margin call, stop-out), corporate. Money: account, costs, margin with exchange, leverage and regimes.
Ours before the broker's: caps. What is read from plain dicts: rules, terms, records.

The comparison: programs (steps into calls), chance with houses and ours (what programs are made of), compare (both
accounts side by side), compiled (the kernel with the twin's methods), shrink (a failing program made small).

Hand-worked cases, most of them on both accounts (conftest's `kind`, cases): the other test files; what the two once
disagreed on and how it was settled is in test_settled, test_changes, test_ages and test_external.
"""
