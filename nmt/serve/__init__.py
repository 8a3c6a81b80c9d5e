"""Translation over HTTP, in LibreTranslate's shape: requests of many clients share batches.

request -> gate (limits) -> routes -> passes -> reading (a text's or a file's lines) -> engine (cut into parts)
-> batching (one worker) -> translator -> engine -> passes -> reading (written anew) -> response
"""
