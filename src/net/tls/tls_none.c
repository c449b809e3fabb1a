// SPDX-License-Identifier: GPL-3.0-or-later
/* In place of all of this directory but tls_common.c where the program is built without OpenSSL. */
#include "net/tls/tls.h"

bool tls_is_available(struct error *error)
{
	error_set(error, "no TLS: this sockpit was built without OpenSSL 3; build it again with "
	                 "./configure --with-openssl (Debian: libssl-dev)");
	return false;
}

struct tls_authorities *tls_authorities_renew(struct tls_authorities *kept)
{
	return kept;
}

void tls_authorities_release(struct tls_authorities *authorities)
{
	(void)authorities;
}

struct tls_context *tls_context_new(const struct tls_settings *settings, struct error *error)
{
	(void)settings;
	tls_is_available(error);
	return NULL;
}

struct tls_context *tls_context_share(struct tls_context *context)
{
	return context;
}

void tls_context_release(struct tls_context *context)
{
	(void)context;
}

const char *tls_context_fingerprint(const struct tls_context *context)
{
	(void)context;
	return "";
}

const char *tls_context_facts(const struct tls_context *context)
{
	(void)context;
	return "";
}

bool tls_context_verifies(const struct tls_context *context)
{
	return context != NULL;
}

struct tls *tls_new(struct tls_context *context, const char *host)
{
	(void)context;
	(void)host;
	return NULL;
}

void tls_free(struct tls *tls)
{
	(void)tls;
}

void tls_watch_keys(struct tls *tls, void (*take)(void *context, const char *line), void *context)
{
	(void)tls;
	(void)take;
	(void)context;
}

void tls_receive(struct tls *tls, const void *data, size_t len)
{
	(void)tls;
	(void)data;
	(void)len;
}

enum tls_state tls_step(struct tls *tls)
{
	return tls_state(tls);
}

enum tls_state tls_state(const struct tls *tls)
{
	(void)tls;
	return TLS_FAILED;
}

size_t tls_read(struct tls *tls, void *place, size_t most)
{
	(void)tls;
	(void)place;
	(void)most;
	return 0;
}

bool tls_has_unread(const struct tls *tls)
{
	(void)tls;
	return false;
}

bool tls_write(struct tls *tls, const void *data, size_t len)
{
	(void)tls;
	(void)data;
	(void)len;
	return false;
}

bool tls_close(struct tls *tls)
{
	(void)tls;
	return false;
}

bool tls_update_keys(struct tls *tls, struct error *error)
{
	(void)tls;
	return tls_is_available(error);
}

bool tls_take_news(struct tls *tls, struct buf *out)
{
	(void)tls;
	(void)out;
	return false;
}

bool tls_peer_closed(const struct tls *tls)
{
	(void)tls;
	return false;
}

const char *tls_records(const struct tls *tls, size_t *len)
{
	(void)tls;
	*len = 0;
	return "";
}

void tls_sent(struct tls *tls)
{
	(void)tls;
}

const char *tls_why(const struct tls *tls)
{
	(void)tls;
	return "built without OpenSSL";
}

void tls_print(const struct tls *tls, struct buf *out)
{
	(void)tls;
	(void)out;
}

void tls_print_asked(const struct tls *tls, struct buf *out)
{
	(void)tls;
	(void)out;
}

void tls_context_print_asked(const struct tls_context *context, struct buf *out)
{
	(void)context;
	(void)out;
}

const char *tls_facts(const struct tls *tls)
{
	(void)tls;
	return "";
}

const char *tls_advice(const struct tls *tls)
{
	(void)tls;
	return "";
}

bool tls_is_server(const struct tls *tls)
{
	(void)tls;
	return false;
}

bool tls_verifies(const struct tls *tls)
{
	return tls != NULL;
}
