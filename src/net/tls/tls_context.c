// SPDX-License-Identifier: GPL-3.0-or-later
/* How connections are made: the settings as the library has them, our certificate, and the authorities that the
 * peer's is verified by. */
#include "net/tls/tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

/* ---- authorities ---- */

/* Contexts share them. */
struct tls_authorities {
	unsigned shares;
	X509_STORE *store;
	bool has_directory, has_file; /* the store looks there; it has read it */
	struct stat status; /* of the file at the first verification; all 0 = there was none */
	SSL_CTX *clients;   /* shared by all clients without files of their own: each would take
	                     * 25 KiB and 0.3 ms; NULL = there was no such client yet */
};

static struct stat look_at_file(void)
{
	struct stat status = { 0 };
	const char *named = getenv(X509_get_default_cert_file_env());
	if (stat(named ? named : X509_get_default_cert_file(), &status))
		status = (struct stat){ 0 };
	return status;
}

/* A file of others in its place has another inode; one that was written to, another time or size. */
static bool has_changed(const struct stat *before)
{
	struct stat now = look_at_file();
	return now.st_ino != before->st_ino || now.st_dev != before->st_dev ||
	       now.st_size != before->st_size || now.st_mtime != before->st_mtime;
}

struct tls_authorities *tls_authorities_renew(struct tls_authorities *kept)
{
	if (kept && !(kept->has_directory && has_changed(&kept->status)))
		return kept;
	tls_authorities_release(kept);
	struct tls_authorities *authorities = xcalloc(1, sizeof *authorities);
	authorities->shares = 1;
	authorities->store = X509_STORE_new();
	if (!authorities->store)
		abort();
	return authorities;
}

static struct tls_authorities *share_authorities(struct tls_authorities *authorities)
{
	authorities->shares++;
	return authorities;
}

void tls_authorities_release(struct tls_authorities *authorities)
{
	if (!authorities || --authorities->shares)
		return;
	X509_STORE_free(authorities->store);
	SSL_CTX_free(authorities->clients);
	free(authorities);
}

static void add_directory(struct tls_authorities *authorities)
{
	X509_LOOKUP *directory = X509_STORE_add_lookup(authorities->store, X509_LOOKUP_hash_dir());
	X509_LOOKUP *uris = X509_STORE_add_lookup(authorities->store, X509_LOOKUP_store());
	if (!directory || !uris)
		abort();
	authorities->has_directory = true;
	authorities->status = look_at_file();
	X509_LOOKUP_add_dir(directory, NULL, X509_FILETYPE_DEFAULT);
	X509_LOOKUP_add_store(uris, NULL);
}

static void add_file(struct tls_authorities *authorities)
{
	X509_LOOKUP *file = X509_STORE_add_lookup(authorities->store, X509_LOOKUP_file());
	if (!file)
		abort();
	authorities->has_file = true;
	X509_LOOKUP_load_file(file, NULL, X509_FILETYPE_DEFAULT);
}

/* Whether what the store has verifies the chain that is asked about, which can be asked about only once. */
static bool suffices(X509_STORE *store, const X509_STORE_CTX *asked)
{
	X509_STORE_CTX *trial = X509_STORE_CTX_new();
	if (!trial)
		abort();
	bool good = X509_STORE_CTX_init(trial, store, X509_STORE_CTX_get0_cert(asked),
	                                X509_STORE_CTX_get0_untrusted(asked)) &&
	            X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(trial),
	                                   X509_STORE_CTX_get0_param(asked)) &&
	            X509_verify_cert(trial) > 0;
	X509_STORE_CTX_free(trial);
	return good;
}

/* As X509_STORE_set_default_paths() has them. A system's file takes 50 ms to parse; its directory mostly has
 * the same, one file each, so it is asked first. A chain of our own is completed from both. */
void tls_authorities_find(struct tls_authorities *authorities, const SSL *library,
                          const X509_STORE_CTX *asked)
{
	ERR_set_mark();
	if (!authorities->has_directory)
		add_directory(authorities);
	if (!authorities->has_file &&
	    (SSL_get_certificate(library) || !suffices(authorities->store, asked)))
		add_file(authorities);
	ERR_pop_to_mark(); /* nobody need have either */
}

/* ---- certificates and keys in files ---- */

static bool is_directory(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool found_nothing(unsigned long code)
{
	int reason = ERR_GET_REASON(code);
	return (ERR_GET_LIB(code) == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) ||
	       (ERR_GET_LIB(code) == ERR_LIB_X509 &&
	        reason == X509_R_NO_CERTIFICATE_OR_CRL_FOUND) ||
	       reason == ERR_R_UNSUPPORTED;
}

/* Why a file cannot be read, in which `what` was to be: what the library has met first says more than what
 * it has made of that. */
static bool refuse_file(const char *path, const char *what, struct error *error)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	if (is_directory(path))
		error_set(error, "%.150s: %s", path, error_why(EISDIR));
	else if (ERR_SYSTEM_ERROR(code))
		error_set(error, "%.150s: %s", path, error_why(ERR_GET_REASON(code)));
	else if (ERR_GET_REASON(code) == ERR_R_INTERRUPTED_OR_CANCELLED)
		error_set(error,
		          "%.150s: the %s has a passphrase, and none is asked for: openssl pkey "
		          "takes "
		          "it off",
		          path, what);
	else if (found_nothing(code))
		error_set(error, "%.150s: there is no %s in PEM in it", path, what);
	else
		error_set(error, "%.150s: the %s cannot be used: %s", path, what,
		          reason ? reason : "no reason is known");
	return false;
}

static bool is_mismatch(void)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);
	return ERR_GET_LIB(code) == ERR_LIB_X509 &&
	       (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH);
}

/* The library by itself would ask on the terminal. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

/* A server takes the first of its own that the client offers, else none: RFC 7301 section 3.2. */
static int select_alpn(SSL *library, const unsigned char **out, unsigned char *len,
                       const unsigned char *offered, unsigned offered_len, void *context)
{
	const struct tls_context *own = context;
	unsigned char *chosen;
	(void)library;
	int found =
	        SSL_select_next_proto(&chosen, len, own->alpn, own->alpn_len, offered, offered_len);
	*out = chosen;
	return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* "h2,http/1.1", as tls_check_settings() has found it right. */
static void set_alpn(struct tls_context *context, const char *words)
{
	for (const char *word = words; word && *word;) {
		size_t len = strcspn(word, ",");
		context->alpn[context->alpn_len++] = (unsigned char)len;
		memcpy(context->alpn + context->alpn_len, word, len);
		context->alpn_len += (unsigned)len;
		word += len + (word[len] == ',');
	}
	if (context->server && context->alpn_len)
		SSL_CTX_set_alpn_select_cb(context->library, select_alpn, context);
}

static bool load(struct tls_context *context, const struct tls_settings *settings,
                 struct error *error)
{
	SSL_CTX *library = context->library;
	if (SSL_CTX_use_certificate_chain_file(library, settings->cert) != 1)
		return refuse_file(settings->cert, "certificate", error);
	bool read = SSL_CTX_use_PrivateKey_file(library, settings->key, SSL_FILETYPE_PEM) == 1;
	if (!read && !is_mismatch())
		return refuse_file(settings->key, "private key", error);
	/* one of another kind is read, and without a certificate */
	if (read && SSL_CTX_check_private_key(library) == 1)
		return true;
	error_set(error, "%.120s is not the key of the certificate in %.120s", settings->key,
	          settings->cert);
	return false;
}

static bool use_new_certificate(SSL_CTX *library)
{
	X509 *certificate;
	EVP_PKEY *key;
	bool good = certificate_make(&certificate, &key) &&
	            SSL_CTX_use_certificate(library, certificate) == 1 &&
	            SSL_CTX_use_PrivateKey(library, key) == 1;
	X509_free(certificate);
	EVP_PKEY_free(key);
	return good;
}

static void note_fingerprint(struct tls_context *context)
{
	const X509 *certificate = SSL_CTX_get0_certificate(context->library);
	if (!certificate)
		return;
	certificate_fingerprint(certificate, context->fingerprint);
	snprintf(context->facts, sizeof context->facts, "%s%s%s", TLS_FACT_CERTIFICATE,
	         context->fingerprint, context->verifies_clients ? TLS_FACT_CLIENTS : "");
}

static bool set_certificate(struct tls_context *context, const struct tls_settings *settings,
                            struct error *error)
{
	if (settings->cert || settings->key) {
		if (!load(context, settings, error))
			return false;
	} else if (settings->server && !use_new_certificate(context->library)) {
		error_set(error, "no certificate could be made: %s", tls_last_reason());
		return false;
	}
	note_fingerprint(context);
	return true;
}

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* A server that verifies clients tells them which authorities it trusts. */
static bool read_ca(struct tls_context *context, struct error *error)
{
	const char *path = context->ca;
	if (!path || !context->authorities)
		return true;
	/* nothing else is to be read */
	context->authorities->has_directory = context->authorities->has_file = true;
	if (X509_STORE_load_file(context->authorities->store, path) != 1)
		return refuse_file(path, "certificate", error);
	if (context->server)
		SSL_CTX_set_client_CA_list(context->library, SSL_load_client_CA_file(path));
	return true;
}

/* What is the same in every context; `authorities`: NULL = nothing is verified. */
static SSL_CTX *make_library(bool server, const struct tls_authorities *authorities)
{
	static const unsigned char id[] = "sockpit";
	SSL_CTX *library = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (!library)
		return NULL;
	SSL_CTX_set_min_proto_version(library, TLS1_2_VERSION);
	SSL_CTX_set_options(library, SSL_OP_NO_RENEGOTIATION);
	/* a read returns after each ticket, also in a flood of them */
	SSL_CTX_clear_mode(library, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(library, SSL_SESS_CACHE_OFF);
	/* 32 KiB less for each idle connection */
	SSL_CTX_set_mode(library, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(library, no_passphrase);
	SSL_CTX_set_session_id_context(library, id, sizeof id - 1);
	if (!server) {
		SSL_CTX_set_cert_cb(library, tls_take_request, NULL);
		SSL_CTX_set_session_cache_mode(library,
		                               SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(library, tls_keep_ticket);
	}
	if (authorities) {
		SSL_CTX_set1_cert_store(library, authorities->store);
		SSL_CTX_set_cert_verify_callback(library, tls_verify, NULL);
		SSL_CTX_set_verify(library, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		                   NULL);
	}
	return library;
}

/* Clients without files share one: what differs between them is in their contexts and connections, as are
 * their tickets. */
static SSL_CTX *library_for(const struct tls_settings *settings,
                            struct tls_authorities *authorities)
{
	bool common = !settings->server && authorities == settings->authorities && !settings->cert;
	if (!common)
		return make_library(settings->server, authorities);
	if (!authorities->clients)
		authorities->clients = make_library(false, authorities);
	if (authorities->clients)
		SSL_CTX_up_ref(authorities->clients);
	return authorities->clients;
}

struct tls_context *tls_context_new(const struct tls_settings *settings, struct error *error)
{
	if (!tls_check_settings(settings, error))
		return NULL;
	ERR_clear_error();
	struct tls_context *context = xcalloc(1, sizeof *context);
	context->shares = 1;
	context->bio_method = tls_make_bio_method();
	context->server = settings->server;
	context->verifies = settings->server || !settings->unverified || settings->pin;
	snprintf(context->pin, sizeof context->pin, "%s", settings->pin ? settings->pin : "");
	context->server_name = copy_of(settings->server_name);
	context->alpn_words = copy_of(settings->alpn);
	context->ca = copy_of(settings->ca);
	context->cert = copy_of(settings->cert);
	context->key = copy_of(settings->key);
	context->verifies_clients =
	        settings->server && (settings->verifies_clients || settings->ca);
	if (!settings->server || context->verifies_clients)
		context->authorities = settings->authorities && !settings->ca
		                               ? share_authorities(settings->authorities)
		                               : tls_authorities_renew(NULL);
	context->library = library_for(settings, context->authorities);
	if (!context->library)
		error_set(error, "TLS: %s", tls_last_reason());
	else if (read_ca(context, error) && set_certificate(context, settings, error)) {
		set_alpn(context, settings->alpn);
		return context;
	}
	tls_context_release(context);
	return NULL;
}

const char *tls_context_fingerprint(const struct tls_context *context)
{
	return context->fingerprint;
}

const char *tls_context_facts(const struct tls_context *context)
{
	return context->facts;
}

struct tls_context *tls_context_share(struct tls_context *context)
{
	if (context)
		context->shares++;
	return context;
}

void tls_context_release(struct tls_context *context)
{
	if (!context || --context->shares)
		return;
	SSL_SESSION_free(context->ticket);
	SSL_CTX_free(context->library);
	BIO_meth_free(context->bio_method);
	tls_authorities_release(context->authorities);
	free(context->server_name);
	free(context->alpn_words);
	free(context->ca);
	free(context->cert);
	free(context->key);
	free(context);
}

bool tls_context_verifies(const struct tls_context *context)
{
	return context->verifies;
}
