"""The models in SimPy and Ciw: `peers.py LIBRARY STATIONS SERVERS RATE CUSTOMERS`.

Prints what the Rust contenders print: figures of the times in the system, and what the run cost.
"""

import json
import math
import random
import resource
import sys
import time


def figures(times):
    """Mean with its standard error over 20 batches, median and 99th percentile, after a warm-up."""
    kept = times[len(times) // 20:]
    size = len(kept) // 20
    means = [sum(kept[at * size:(at + 1) * size]) / size for at in range(20)]
    mean = sum(kept) / len(kept)
    spread = sum((batch - mean) ** 2 for batch in means)
    kept.sort()
    return {
        "customers": len(times),
        "mean": mean,
        "standard_error": math.sqrt(spread / 19 / 20),
        "p50": kept[len(kept) // 2],
        "p99": kept[int(len(kept) * 0.99)],
    }


def by_simpy(stations, servers, rate, customers):
    import simpy

    env = simpy.Environment()
    rows = [simpy.Resource(env, capacity=servers) for _ in range(stations)]
    times = []

    def customer():
        begun = env.now
        for row in rows:
            with row.request() as turn:
                yield turn
                yield env.timeout(random.expovariate(1.0))
        times.append(env.now - begun)

    def source():
        for _ in range(customers):
            env.process(customer())
            yield env.timeout(random.expovariate(rate))

    env.process(source())
    env.run()
    return times


def by_ciw(stations, servers, rate, customers):
    import ciw

    none = [None] * (stations - 1)
    routing = [[1.0 if to == at + 1 else 0.0 for to in range(stations)] for at in range(stations)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate)] + none,
        service_distributions=[ciw.dists.Exponential(1.0)] * stations,
        number_of_servers=[servers] * stations,
        routing=routing,
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(customers, method="Finish")
    begun, ended = {}, {}
    for record in simulation.get_all_records():
        who = record.id_number
        begun[who] = min(begun.get(who, math.inf), record.arrival_date)
        if record.node == stations:
            ended[who] = record.exit_date
    return [ended[who] - begun[who] for who in sorted(ended, key=ended.get)]


def main():
    library, stations, servers, rate, customers = sys.argv[1:]
    random.seed(1)
    run = {"simpy": by_simpy, "ciw": by_ciw}[library]
    begun = time.process_time()
    times = run(int(stations), int(servers), float(rate), int(customers))
    found = figures(times)
    found = {
        "figures": found,
        "cpu_seconds": time.process_time() - begun,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
