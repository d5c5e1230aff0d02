"""Prefect tasks: load the inputs, call one step of the library, save, track, return.

The decorators could be removed and the steps would still work.
"""
