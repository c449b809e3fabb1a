# SPDX-License-Identifier: GPL-3.0-or-later
import socket
import sys

client_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client_socket.connect(("127.0.0.1", int(sys.argv[1])))
client_socket.sendall((sys.argv[2] if len(sys.argv) > 2 else "Hello, server!").encode())
data = client_socket.recv(1024)
print("Received:", data.decode(), flush=True)
client_socket.close()
