"""Translation over HTTP, in LibreTranslate's shape: requests of many clients share batches.

request -> gate (limits) -> routes -> passes (a text's or a file's lines) -> engine (cut into parts)
-> batching (one worker) -> translator -> engine -> passes (written anew) -> response
"""
