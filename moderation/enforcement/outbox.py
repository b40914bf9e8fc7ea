"""Writing the outbox: what a decision asks of the instance, in the same transaction as the decision."""

from moderation.models import Software, Writeback


def put(*, instance, steps):
    """Write the rows for `steps` [(decision, [Call])]: OBSERVED in observe mode, never to be sent; PENDING otherwise.

    A forum reads decisions through our API: nothing is written for it.
    """
    if instance.software == Software.FORUM:
        return []
    state = Writeback.State.PENDING if instance.acts else Writeback.State.OBSERVED
    rows = [
        Writeback(instance=instance, decision=decision, order=order, call=call.name, params=call.params, state=state)
        for decision, calls in steps
        for order, call in enumerate(calls)
    ]
    return Writeback.objects.bulk_create(rows, batch_size=500)
