# SPDX-License-Identifier: GPL-3.0-or-later
import socket

server_socket = socket.socket()
server_socket.bind(("127.0.0.1", 0))
server_socket.listen(1)
print(server_socket.getsockname()[1], flush=True)
client, address = server_socket.accept()
message = client.recv(1024)
print("Client says:", message.decode(), flush=True)
client.send("Hello, i'm server!".encode())
server_socket.close()
client.close()
