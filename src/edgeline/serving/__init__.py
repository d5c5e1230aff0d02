"""A model that several processes run together: frames, the message broker, workers, the client, the rehearsal."""
