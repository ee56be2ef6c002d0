"""The model: every verb as a step, in any order, with a plain record beside it of what must hold.

`World` (world.py) takes the steps on a real database, with a clock that stands still and a
provider in process; between claim, run and record anything may happen. After each step
promises.py compares the database with what the world knows: what was acknowledged, what operators
did, what the provider took. machine.py lets hypothesis choose the steps; test_interleavings.py
walks to the known corners by hand, on both databases; test_broken_code.py breaks the code and
wants to be told. MODEL_EXAMPLES=2000 makes the random run a long one.
"""
