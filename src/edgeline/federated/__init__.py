"""Algorithms of federated learning as in their papers: arrays in, arrays out.

`algorithms.ALGORITHMS` names them; `weighted_sum` is the exact mean that they share. How a round is
carried to devices, and how it ends, is the business of `rounds`.
"""
