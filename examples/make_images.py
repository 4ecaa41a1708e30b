"""Draw the demo's pictures: overlapping translucent shapes in muted colours, the same pixels on every machine.

Standard library only. Run `python examples/make_images.py` after changing a picture; the results are committed.
Shapes are drawn line by line: exact coverage along a line, four lines to a pixel, so edges are smooth. Colour changes only
from top to bottom, never along a line: that keeps a picture of 1200 by 750 pixels far below 100 KB.
"""

# ruff: noqa: INP001 - a script, not a package

import math
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

WIDTH, HEIGHT, LINES = 1200, 750, 4
Point: TypeAlias = tuple[float, float]
Colour: TypeAlias = tuple[float, float, float]


class Shape(Protocol):
    """What can say which stretches of a horizontal line it covers."""

    def spans(self, y: float) -> Iterator[tuple[float, float]]:
        """Yield where a stretch starts and ends, in pixels, on the line at height `y`."""
        ...


@dataclass(frozen=True, slots=True)
class Circle:
    """A disc, or a ring."""

    x: float
    y: float
    r: float
    hole: float = 0.0  # radius of what is cut out of its middle

    def spans(self, y: float) -> Iterator[tuple[float, float]]:
        """See Shape."""
        reach = self.r**2 - (y - self.y) ** 2
        if reach <= 0:
            return
        outer = math.sqrt(reach)
        gap = self.hole**2 - (y - self.y) ** 2
        if gap <= 0:
            yield self.x - outer, self.x + outer
        else:
            inner = math.sqrt(gap)
            yield self.x - outer, self.x - inner
            yield self.x + inner, self.x + outer


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed line through points; what an odd number of its sides encloses is filled."""

    points: tuple[Point, ...]

    def spans(self, y: float) -> Iterator[tuple[float, float]]:
        """See Shape."""
        crossings = []
        for (x0, y0), (x1, y1) in zip(self.points, self.points[1:] + self.points[:1], strict=True):
            if (y0 <= y) != (y1 <= y):
                crossings.append(x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        crossings.sort()
        yield from zip(crossings[::2], crossings[1::2], strict=True)


@dataclass(frozen=True, slots=True)
class Above:
    """The part of a shape above a horizontal line: half a sun."""

    shape: Shape
    line: float

    def spans(self, y: float) -> Iterator[tuple[float, float]]:
        """See Shape."""
        if y < self.line:
            yield from self.shape.spans(y)


@dataclass(frozen=True, slots=True)
class Layer:
    """A shape in a colour; `fade` is the colour at the picture's lower edge."""

    shape: Shape
    colour: str
    opacity: float
    fade: str = ""

    def tint(self, y: int) -> Colour:
        """Return the colour on the row `y`."""
        return mixed(self.colour, self.fade or self.colour, y / HEIGHT)


def mixed(first: str, second: str, share: float) -> Colour:
    """Between two colours written like `26343b`; `share` runs from 0 (the first) to 1."""
    a, b = (tuple(int(colour[i : i + 2], 16) for i in (0, 2, 4)) for colour in (first, second))
    red, green, blue = (x + (y - x) * share for x, y in zip(a, b, strict=True))
    return red, green, blue


def covered(shape: Shape, row: int) -> dict[int, float]:
    """Which pixels of a row a shape covers, from 0 to 1."""
    cover: dict[int, float] = {}
    for line in range(LINES):
        for start, end in shape.spans(row + (line + 0.5) / LINES):
            left, right = max(start, 0.0), min(end, float(WIDTH))
            for x in range(int(left), math.ceil(right)):
                cover[x] = cover.get(x, 0.0) + (min(right, x + 1) - max(left, x)) / LINES
    return cover


def drawn(top: str, bottom: str, layers: Iterable[Layer]) -> bytes:
    """Draw the PNG file (ISO/IEC 15948): 8-bit RGB, each row as the difference to the pixel on the left."""
    layers = tuple(layers)
    rows = bytearray()
    for y in range(HEIGHT):
        row = [mixed(top, bottom, y / HEIGHT)] * WIDTH
        for layer in layers:
            tint = layer.tint(y)
            for x, cover in covered(layer.shape, y).items():
                share = min(cover, 1.0) * layer.opacity
                red, green, blue = row[x]
                row[x] = (
                    red + (tint[0] - red) * share,
                    green + (tint[1] - green) * share,
                    blue + (tint[2] - blue) * share,
                )
        flat = bytes(round(value) for pixel in row for value in pixel)
        rows.append(1)
        rows += flat[:3] + bytes((now - before) & 255 for now, before in zip(flat[3:], flat, strict=False))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def triangle(a: Point, b: Point, c: Point) -> Polygon:
    """Return a polygon of three points."""
    return Polygon((a, b, c))


PICTURES: dict[str, tuple[str, str, tuple[Layer, ...]]] = {
    "tram": (
        "26343b",
        "1b2430",
        (
            Layer(Circle(90, 120, 210), "141d2b", 0.75),
            Layer(Polygon(((-40, 610), (1260, 330), (1260, 560), (-40, 800))), "8f3b2e", 0.55),
            Layer(Polygon(((-40, 690), (1260, 470), (1260, 520), (-40, 760))), "e2b583", 0.45),
            Layer(triangle((140, 60), (1130, 250), (330, 700)), "d8b48a", 0.62, "b98a63"),
            Layer(Circle(800, 330, 235), "edc796", 0.72),
            Layer(Circle(640, 470, 165), "8b6f52", 0.5),
            Layer(Circle(930, 250, 120), "fbe3bd", 0.35),
            Layer(triangle((200, 760), (620, 260), (860, 760)), "27323b", 0.55),
            Layer(Circle(1120, 640, 190), "0f1824", 0.6),
        ),
    ),
    "herring": (
        "d9e1e4",
        "aebfc8",
        (
            Layer(Circle(250, 640, 420), "2f5573", 0.6, "1e3c58"),
            Layer(Circle(640, 720, 380), "3f6d86", 0.5, "274c69"),
            Layer(Circle(1040, 660, 400), "274863", 0.55, "183049"),
            Layer(Polygon(((190, 330), (390, 250), (640, 300), (420, 390))), "f3ead8", 0.78),
            Layer(triangle((215, 328), (70, 240), (95, 420)), "f3ead8", 0.58),
            Layer(Polygon(((500, 500), (730, 410), (1010, 470), (760, 570))), "e9b48c", 0.75),
            Layer(triangle((530, 498), (370, 400), (395, 600)), "e9b48c", 0.55),
            Layer(Polygon(((210, 640), (380, 575), (590, 620), (400, 690))), "9fb6c0", 0.65),
            Layer(triangle((235, 638), (115, 570), (130, 710)), "9fb6c0", 0.5),
            Layer(Circle(930, 180, 250, 238), "2f5573", 0.5),
            Layer(Circle(930, 180, 180, 168), "2f5573", 0.5),
            Layer(Circle(930, 180, 108, 96), "2f5573", 0.5),
            Layer(Circle(930, 180, 40), "c26a4a", 0.85),
        ),
    ),
    "bakery": (
        "2a2530",
        "3a2a2c",
        (
            Layer(Above(Circle(600, 560, 470), 560), "6d4636", 0.6),
            Layer(Above(Circle(600, 560, 355), 560), "b3703f", 0.6),
            Layer(Above(Circle(600, 560, 235), 560), "eab56f", 0.75),
            Layer(Above(Circle(600, 560, 110), 560), "fdebc4", 0.8),
            Layer(Polygon(((-10, 560), (1210, 560), (1210, 760), (-10, 760))), "1d1a24", 0.65),
            Layer(triangle((-30, 760), (210, 180), (430, 760)), "8f4b3a", 0.45),
            Layer(triangle((770, 760), (1010, 250), (1250, 760)), "54586a", 0.55),
            Layer(Circle(1010, 150, 92), "e9dfcb", 0.85),
            Layer(Circle(1046, 128, 84), "2b2631", 0.92),
            Layer(Circle(330, 640, 84), "e3b98a", 0.75),
            Layer(Circle(470, 660, 64), "d69a62", 0.75),
            Layer(Circle(232, 672, 52), "c98450", 0.7),
        ),
    ),
    "bookshop": (
        "efe5d5",
        "e2d3bd",
        (
            Layer(Circle(980, 150, 330), "d99a82", 0.45),
            Layer(Polygon(((150, 690), (150, 200), (270, 200), (270, 690))), "34505c", 0.85),
            Layer(Polygon(((285, 690), (285, 290), (375, 290), (375, 690))), "a9563f", 0.8),
            Layer(Polygon(((390, 690), (390, 140), (520, 140), (520, 690))), "d8b26f", 0.8),
            Layer(Polygon(((530, 690), (660, 250), (760, 280), (630, 720))), "6f8a85", 0.8),
            Layer(Circle(830, 500, 230), "34505c", 0.55),
            Layer(Circle(1010, 560, 170), "b8c4bb", 0.6),
            Layer(Circle(250, 250, 190), "f7efe0", 0.32),
            Layer(triangle((640, 110), (1150, 360), (900, 640)), "8d3f38", 0.35),
            Layer(Polygon(((-10, 690), (1210, 690), (1210, 760), (-10, 760))), "3b3a3f", 0.85),
        ),
    ),
    "lighthouse": (
        "1d2b3a",
        "2d4652",
        (
            Layer(triangle((428, 220), (1260, -60), (1260, 330)), "f0d9a5", 0.55),
            Layer(triangle((428, 220), (1260, 60), (1260, 230)), "fff2cf", 0.45),
            Layer(triangle((428, 220), (-60, 300), (-60, 440)), "f0d9a5", 0.22),
            Layer(Circle(428, 220, 150), "f4d694", 0.3),
            Layer(Polygon(((370, 640), (398, 260), (458, 260), (486, 640))), "e8ddca", 0.92, "b7a893"),
            Layer(Polygon(((385, 440), (390, 370), (466, 370), (471, 440))), "a5452f", 0.85),
            Layer(Polygon(((375, 580), (380, 510), (476, 510), (481, 580))), "a5452f", 0.85),
            Layer(Polygon(((402, 262), (402, 190), (454, 190), (454, 262))), "fff0c4", 0.95),
            Layer(triangle((392, 192), (428, 138), (464, 192)), "7d3324", 0.95),
            Layer(Circle(160, 820, 330), "12202b", 0.8),
            Layer(Circle(560, 900, 330), "1a2f3c", 0.85),
            Layer(Circle(1010, 860, 330), "47707a", 0.5),
            Layer(Circle(850, 920, 330), "16303d", 0.7),
        ),
    ),
    "smoke": (
        "e7e2d8",
        "cfc6b6",
        (
            Layer(Circle(860, 170, 300), "b9bfc0", 0.6),
            Layer(Circle(640, 90, 220), "8d979b", 0.45),
            Layer(Circle(1090, 330, 220), "707d83", 0.4),
            Layer(triangle((210, 760), (640, 60), (760, 760)), "3d4a44", 0.75, "2c3833"),
            Layer(triangle((520, 760), (830, 320), (1120, 760)), "6d7a5a", 0.65),
            Layer(Circle(350, 520, 210), "c9683f", 0.7),
            Layer(Circle(350, 520, 130), "eba35d", 0.75),
            Layer(Circle(350, 520, 60), "f8dca0", 0.85),
            Layer(Polygon(((560, 470), (840, 370), (1010, 470), (840, 570))), "d9dde0", 0.7),
            Layer(triangle((1010, 470), (1120, 390), (1120, 550)), "aab3b8", 0.8),
            Layer(Circle(665, 455, 17), "2c3833", 0.9),
        ),
    ),
    "gauge": (
        "cdd8de",
        "b6c4ca",
        (
            Layer(triangle((-60, 760), (260, 90), (640, 760)), "d98f63", 0.6),
            Layer(triangle((300, 760), (700, 40), (1060, 760)), "414b66", 0.7),
            Layer(triangle((700, 760), (1020, 280), (1290, 760)), "2f4d7a", 0.6),
            Layer(Circle(300, 250, 170), "e6bd95", 0.7),
            Layer(Circle(300, 250, 92), "7d6a76", 0.55),
            Layer(Circle(960, 200, 240, 205), "2f4d7a", 0.5),
            Layer(Circle(960, 200, 150, 120), "d98f63", 0.6),
            Layer(Circle(960, 200, 64), "3a4560", 0.75),
            Layer(Polygon(((-10, 560), (1210, 500), (1210, 760), (-10, 760))), "31586f", 0.5),
            Layer(Polygon(((-10, 650), (1210, 600), (1210, 760), (-10, 760))), "1f3d55", 0.6),
        ),
    ),
}


def main() -> None:
    """Write every picture beside the articles."""
    folder = Path(__file__).parent / "articles" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for name, (top, bottom, layers) in PICTURES.items():
        (folder / f"{name}.png").write_bytes(drawn(top, bottom, layers))


if __name__ == "__main__":
    main()
