"""Translation over HTTP, in LibreTranslate's shape: requests of many clients share batches.

request -> gate (limits) -> routes -> engine (cut into parts) -> batching (one worker) -> translator -> response
"""
