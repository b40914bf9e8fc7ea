def send_waiting(limit=20):
    return 0
