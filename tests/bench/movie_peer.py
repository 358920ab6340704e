"""What matplotlib (Agg) takes for frames of a movie, made anew each as the original did, and their film: `FORMAT seconds`."""
import subprocess
import sys
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

folder, frames, points, form = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
x = np.linspace(115, 187.3, points)
noise = np.random.default_rng(7)


def frame(at):
    """One picture."""
    figure = plt.figure(figsize=(12, 7), dpi=100)
    for k in range(60):
        for part in range(2):
            i, j = divmod(k, 12)
            panel = figure.add_axes([0.05 + j * 0.075, 0.05 + 2 * i * 0.09 + part * 0.09, 0.067, 0.07])
            for colour in ("#0072B2", "#D55E00"):
                panel.plot(x, np.sin(x / 9 + k + at / 20) + 0.1 * noise.standard_normal(points), ".", markersize=1.5, color=colour)
            panel.set_xticks([])
            panel.set_yticks([])
            panel.set_ylim(-3.2, 3.2)
            if part:
                panel.set_title(f"CS{k:03}HBA0", fontsize=7)
    figure.suptitle(f"frame {at}")
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3].tobytes()
    plt.close(figure)
    return pixels


frame(0)
begun = time.perf_counter()
sink = None
if form == "mp4":
    line = "ffmpeg -v error -y -f rawvideo -pixel_format rgb24 -video_size 1200x700 -framerate 20 -i pipe:0 -c:v libx264 -crf 18 -pix_fmt yuv420p"
    sink = subprocess.Popen([*line.split(), f"{folder}/peer.mp4"], stdin=subprocess.PIPE)
for at in range(frames):
    pixels = frame(at)
    if sink:
        sink.stdin.write(pixels)
if sink:
    sink.stdin.close()
    sink.wait()
print(form, time.perf_counter() - begun)
