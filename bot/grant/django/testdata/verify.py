"""Verifies the tokens on its input with PyJWT alone: verify.py BOT APP"""

import sys

import jwt

keys = jwt.PyJWKClient(sys.argv[1] + "/.well-known/jwks.json")
for token in sys.stdin.read().splitlines():
    try:
        said = jwt.decode(token, keys.get_signing_key_from_jwt(token).key, algorithms=["EdDSA"], audience=sys.argv[2], issuer=sys.argv[1])
        print(jwt.get_unverified_header(token)["typ"], said["act"]["sub"], "as", said["sub"])
    except jwt.PyJWTError as error:
        print(type(error).__name__)
