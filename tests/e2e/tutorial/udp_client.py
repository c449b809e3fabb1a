# SPDX-License-Identifier: GPL-3.0-or-later
import socket
import sys

client_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client_socket.sendto((sys.argv[2] if len(sys.argv) > 2 else "Hello").encode(), ("127.0.0.1", int(sys.argv[1])))
data, address = client_socket.recvfrom(200)
print("Received:", data.decode(), flush=True)
client_socket.close()
