def toposort(graph, n_leaves, known):
    """Order of the value numbers of all nodes, inputs first."""
    total = n_leaves + len(graph)
    for op, ins, *_ in graph:
        if op not in known:
            raise ValueError("unknown operation " + repr(op))
        for i in ins:
            if not 0 <= i < total:
                raise ValueError("unknown value " + repr(i))
    left = {n_leaves + k: {i for i in node[1] if i >= n_leaves} for k, node in enumerate(graph)}
    used_by = {v: [] for v in left}
    for v, ins in left.items():
        for i in ins:
            used_by[i].append(v)
    free = [v for v, ins in left.items() if not ins]
    order = []
    while free:
        v = free.pop()
        order.append(v)
        for u in used_by[v]:
            left[u].discard(v)
            if not left[u]:
                free.append(u)
    if len(order) < len(graph):
        raise ValueError("the graph is not acyclic")
    return order
