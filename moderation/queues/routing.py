def route_waiting(limit=200):
    return 0
