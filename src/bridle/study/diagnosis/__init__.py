"""What ails a network: bias or variance, how much of each, and what would help most.

``judge`` decides between bias and variance, for ``compare`` and ``diagnose`` alike; ``examine`` is the whole
of ``bridle diagnose``, with a learning curve (``sizes``, ``extrapolation``), a decomposition over bootstrap
members (``decomposition``), a check that training works at all (``debugging``), and networks that are a
little different (``probes``), from which ``advice`` is ordered by what it would gain.
"""
