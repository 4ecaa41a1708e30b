"""Checks whether one of our pages can be reached at its public address."""

from syndication import __version__


async def trouble_at(url: str, *, contact: str, seconds: float = 5.0) -> str:
    """Request the page once, without following redirects, and return a clause that says what is wrong; empty for a 200.

    `contact` goes in the User-Agent.
    """
    import httpx2

    headers = {"User-Agent": f"syndication/{__version__} (+{contact})"}
    try:
        async with httpx2.AsyncClient(timeout=seconds, trust_env=False, headers=headers) as client:
            status = (await client.head(url)).status_code
    except httpx2.TimeoutException:
        return f"gave no answer in {seconds:g} seconds"
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return f"cannot be reached ({str(error) or type(error).__name__})"
    return "" if status == httpx2.codes.OK else f"answers with the status {status}"
