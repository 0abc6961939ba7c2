"""What people meet: the command line, the report, and what ``bridle.compare`` gives back.

Faces show what the studies found and compute nothing of their own.
"""
