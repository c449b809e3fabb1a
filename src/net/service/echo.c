// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

const struct service service_echo = {
	.name = "echo",
	.help = "sends back what it reads (RFC 862)",
	.data = service_answer,
};
