"""How a federated round is carried.

    spec.py        which devices take part in a round and what happens in it, decided before it begins
    client.py      one device trains and writes its update
    shard.py       several devices train, one after another
    accumulate.py  updates are checked and added, one at a time
    commit.py      the round is closed: the next checkpoint, with the algorithm's state

The algorithms themselves are in `federated`.
"""
