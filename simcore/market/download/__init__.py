"""Market data fetched from where it is published: Dukascopy's data feed and Binance's public archives.

    sc.download("dukascopy", "EURUSD", start="2019-02-04", end="2019-02-05", to="dukascopy")
    sc.download("binance", "BTCUSDT", kind="trades", start="2024-01-01", end="2024-03-01", store="ticks")

Files keep the paths and the bytes of the source, so that whoever reads them knows where they come from; a file has its
name only once it is whole and checked. What is there is not fetched again, half a file goes on where it was cut, and a
period of which the source has nothing is remembered as empty. A download that was interrupted is therefore run again.

Assumes that a published file never changes, and that what is missing a day (Binance: a week) after its end stays so.
Of a period that is not over nothing is fetched. Whole files are fetched and imported, also where the range begins or
ends inside one.
"""

from simcore.market.download.download import Downloaded, download

__all__ = ["Downloaded", "download"]
