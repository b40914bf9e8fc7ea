def ingest_waiting(limit=200):
    return 0
