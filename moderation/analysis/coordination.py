def refresh(instance):
    return 0
