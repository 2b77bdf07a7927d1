"""The floor: a bare ASGI callable that decodes a row, scores it and encodes the answer, and nothing else."""

import msgspec
from scoring import score


class Row(msgspec.Struct):
    features: list[float]


decode = msgspec.json.Decoder(Row).decode
encode = msgspec.json.Encoder().encode


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    message = await receive()
    body = message["body"]
    while message["more_body"]:
        message = await receive()
        body += message["body"]
    answer = encode({"score": score(decode(body).features)})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
