#!/usr/bin/python3
"""The peer year on SimPy: 58 halls, each a resource with as many places as it has windows; citizens
are processes that ask for a place, hold it for a lognormal time and go.

Usage: bench/peer_simpy.py [--days N] [--seed N] [HALLS.csv DEMAND.csv ARRIVALS.csv]

Reads the tables of sim/scenarios/peer-year, draws everything from Python's own streams, one for
each hall, and prints one line: visitors, mean wait in seconds, seconds taken. Each hall is an
environment of its own, run to its end, which is the fastest arrangement for SimPy: its event list
stays short. A citizen is one generator, made when he comes; nothing is kept but two sums.
"""
import argparse
import csv
import math
import random
import time

import simpy

DAY_S = 24 * 3600
DAYS = 250
SERVICE_MEAN_S, SERVICE_CV = 14 * 60, 0.8
SIGMA = math.sqrt(math.log(1 + SERVICE_CV**2))
MU = math.log(SERVICE_MEAN_S) - SIGMA**2 / 2


def seconds(clock):
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Hall:
    """One hall: arrivals as a Poisson process of half-hourly rates, windows, and the two sums."""

    def __init__(self, windows, visitors, profile, days, seed):
        self.random = random.Random(seed)
        self.env = simpy.Environment()
        self.windows = simpy.Resource(self.env, capacity=windows)
        self.profile = profile
        self.visitors = visitors  # expected on a day
        self.days = days
        self.count = 0
        self.wait_s = 0.0

    def citizen(self):
        came = self.env.now
        with self.windows.request() as window:
            yield window
            self.count += 1
            self.wait_s += self.env.now - came
            yield self.env.timeout(self.random.lognormvariate(MU, SIGMA))

    def arrivals(self):
        env, draw = self.env, self.random.expovariate
        for day in range(self.days):
            for begins, ends, share in self.profile:
                rate = self.visitors * share / (ends - begins)
                at = day * DAY_S + begins + draw(rate)
                while at < day * DAY_S + ends:
                    yield env.timeout(at - env.now)
                    env.process(self.citizen())
                    at += draw(rate)

    def run(self):
        self.env.process(self.arrivals())
        self.env.run()


def main():
    folder = "sim/scenarios/peer-year/"
    parser = argparse.ArgumentParser(description="the peer year on SimPy")
    parser.add_argument("--days", type=int, default=DAYS, help="the first N days (%d)" % DAYS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("tables", nargs="*", default=[folder + "halls.csv", folder + "demand.csv",
                                                      folder + "arrivals.csv"])
    options = parser.parse_args()
    if not 1 <= options.days <= DAYS or len(options.tables) != 3:
        parser.error("--days is 1 to %d; tables are three or none" % DAYS)
    halls, demand, pieces = (rows(path) for path in options.tables)
    total = sum(float(piece["share"]) for piece in pieces)
    profile = [(seconds(p["from"]), seconds(p["to"]), float(p["share"]) / total) for p in pieces]
    windows = {hall["hall"]: int(hall["windows"]) for hall in halls}

    began = time.perf_counter()
    count, wait_s = 0, 0.0
    for number, row in enumerate(demand):
        hall = Hall(windows[row["hall"]], float(row["volume"]) / DAYS, profile, options.days,
                    options.seed * 1000 + number)
        hall.run()
        count += hall.count
        wait_s += hall.wait_s
    print("%d %.3f %.3f" % (count, wait_s / count, time.perf_counter() - began))


if __name__ == "__main__":
    main()
