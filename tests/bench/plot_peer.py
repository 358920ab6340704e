"""What matplotlib (Agg) takes for the pictures of `samples measure`: seconds of each, one line."""
import statistics
import sys
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

noise = np.random.default_rng(7)


def panels(out):
    """62 panels of 1000 points."""
    figure, axes = plt.subplots(8, 8, figsize=(12.8, 9.6), dpi=100)
    for k, panel in enumerate(axes.flat):
        if k < 62:
            panel.plot(np.arange(1000), noise.standard_normal(1000).cumsum(), ".", markersize=2)
            panel.set_title(f"CS{k:03}HBA", fontsize=6)
        else:
            panel.axis("off")
    figure.savefig(out)
    plt.close(figure)


def scatter(out, points):
    """So many points, each with a colour of its own."""
    figure = plt.figure(figsize=(12, 8), dpi=100)
    plt.scatter(noise.standard_normal(points), noise.standard_normal(points), s=1, c=noise.random(points))
    plt.colorbar()
    figure.savefig(out)
    plt.close(figure)


def colours(out, points):
    """So many points in three colours."""
    figure = plt.figure(figsize=(12, 8), dpi=100)
    for k in range(3):
        n = points // 3
        plt.scatter(noise.standard_normal(n) + 1.6 * k, 2 * noise.standard_normal(n) - 1.6 * k, s=1)
    figure.savefig(out)
    plt.close(figure)


class Frames:
    """60 stations with two panels each, 2 x 244 points in each; only the points change, the fastest way matplotlib has."""

    def __init__(self):
        self.figure, axes = plt.subplots(10, 12, figsize=(12, 7), dpi=100)
        self.x = np.linspace(115, 187.3, 244)
        self.lines = []
        for k, panel in enumerate(axes.flat):
            panel.set_xticks([])
            panel.set_yticks([])
            panel.set_xlim(115, 187.3)
            panel.set_ylim(-3.2, 3.2)
            if k % 2:
                panel.set_title(f"CS{k:03}HBA", fontsize=6)
            self.lines += [panel.plot(self.x, self.x, ".", markersize=2)[0] for _ in range(2)]

    def draw(self):
        for line in self.lines:
            line.set_ydata(noise.standard_normal(244))
        self.figure.canvas.draw()
        return bytes(self.figure.canvas.buffer_rgba())


def timed(name, once, repeats):
    once()
    walls = []
    for _ in range(repeats):
        start = time.perf_counter()
        once()
        walls.append(time.perf_counter() - start)
    print(name, statistics.median(walls), flush=True)


def main():
    out, repeats, points = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    timed("panels", lambda: panels(out), repeats)
    timed("scatter", lambda: scatter(out, points), max(1, repeats // 3))
    timed("colours", lambda: colours(out, points), max(1, repeats // 3))
    timed("frame", Frames().draw, repeats)


if __name__ == "__main__":
    main()
