"""How a federated round is carried: its spec, its clients, its end."""
