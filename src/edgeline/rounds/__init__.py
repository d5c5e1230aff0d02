"""How a federated round is carried.

    cohort.py      which devices take part
    spec.py        what happens in a round, decided before it begins
    client.py      one device trains and writes its update
    shard.py       several devices train, one after another
    accumulate.py  updates are checked and added, one at a time
    commit.py      the round is closed: the next checkpoint, with the algorithm's state

The algorithms themselves are in `federated`.
"""
