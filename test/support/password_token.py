"""Microsoft's library asks for a token with a name and a password. Reads its order as JSON from standard input, writes the answer."""
import json
import socket
import sys

order = json.load(sys.stdin)
reachable = {tuple(name.rsplit(":", 1)): port for name, port in order["hosts"].items()}


def nearby(host, port, *_rest, **_more):
    """Every host of the play is here; any other does not exist, so that nothing leaves this machine."""
    try:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", reachable[(host, str(port))]))]
    except KeyError:
        raise socket.gaierror(f"{host}:{port} takes no part in this test")


socket.getaddrinfo = nearby

import msal  # noqa: E402

try:
    client = msal.PublicClientApplication(order["clientId"], authority=order["authority"], verify=order["certificates"])
    answer = client.acquire_token_by_username_password(order["username"], order["password"], scopes=order["scopes"])
except (RuntimeError, ValueError) as error:
    answer = {"error": type(error).__name__, "error_description": str(error)}
print(json.dumps({"version": msal.__version__, "answer": answer}))
