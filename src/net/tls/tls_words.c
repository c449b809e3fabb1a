// SPDX-License-Identifier: GPL-3.0-or-later
/* What is said of a connection: why it fails, what was agreed on, what a failure means and what to try. */
#include "net/tls/tls_internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "record/tls_entry.h"
#include "socket/tls_record.h"

enum { CHAIN_MOST = 16 }; /* certificates of a chain that are described */

/* ---- why it fails ---- */

/* From OpenSSL 3.2 on what is wrong with a record comes before an error that only says that something is. */
unsigned long tls_last_error(void)
{
	unsigned long code = ERR_peek_last_error();
#ifdef SSL_R_RECORD_LAYER_FAILURE
	if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_RECORD_LAYER_FAILURE)
		code = ERR_peek_error();
#endif
	return code;
}

const char *tls_last_reason(void)
{
	unsigned long code = tls_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	return reason ? reason : "no reason is known";
}

/* A record begins with its type and a version that begins with 3, RFC 8446 section 5.1. */
static bool begins_record(const uint8_t *bytes, size_t len)
{
	return (!len ||
	        (bytes[0] >= TLS_RECORD_CHANGE_CIPHER_SPEC && bytes[0] <= TLS_RECORD_HEARTBEAT)) &&
	       (len < 2 || bytes[1] == 3);
}

bool tls_peer_speaks_tls(const struct tls *tls)
{
	return begins_record((const uint8_t *)tls->first, tls->first_len);
}

/* "unknown_ca (alert 48): the certificate is from an authority that is not trusted there" */
static void put_alert(int number, struct buf *out)
{
	const char *name = tls_alert_name((uint8_t)number);
	const char *meaning = tls_alert_meaning((uint8_t)number);
	if (name)
		buf_printf(out, "%s (alert %d)", name, number);
	else
		buf_printf(out, "alert %d", number);
	if (meaning)
		buf_printf(out, ": %s", meaning);
}

static void put_mismatch(struct tls *tls, X509 *leaf, struct buf *out)
{
	tls->in_common_name = certificate_has_common_name(leaf, tls->host);
	if (tls->in_common_name)
		buf_printf(out,
		           " names %.*s in its common name only, which clients no longer read (RFC "
		           "9525)",
		           CERTIFICATE_NAME_MOST, tls->host);
	else
		buf_printf(out, " is not for %.*s", CERTIFICATE_NAME_MOST, tls->host);
	buf_append_text(out, "; its names: ");
	certificate_put_hosts(leaf, out);
}

/* The library stops at the first reason; that it is for another host is said in any case. */
void tls_explain_verdict(struct tls *tls, const X509 *bad, X509 *leaf)
{
	long verdict = tls->verdict.code;
	struct buf out = { .max = SIZE_MAX };
	bool own = !bad || bad == leaf || verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
	if (!own) {
		buf_append_text(&out, "the certificate of ");
		certificate_put_subject(bad, &out);
	} else {
		buf_printf(&out, "the %scertificate", tls->context->server ? "client's " : "");
	}
	switch (verdict) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		buf_append_text(&out, " has expired on ");
		certificate_put_time(X509_get0_notAfter(bad ? bad : leaf), &out);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		buf_append_text(&out, " is not valid before ");
		certificate_put_time(X509_get0_notBefore(bad ? bad : leaf), &out);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		put_mismatch(tls, leaf, &out);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		buf_append_text(&out, " is self-signed, and not trusted here: ");
		certificate_put_subject(leaf, &out);
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		buf_append_text(&out, " is from an authority that is not trusted here: ");
		certificate_put_subject(bad, &out);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		buf_append_text(&out, " is from an authority that is unknown here: ");
		certificate_put_name(X509_get_issuer_name(bad ? bad : leaf), &out);
		break;
	default:
		buf_printf(&out, " cannot be verified: %s", X509_verify_cert_error_string(verdict));
	}
	if (verdict != X509_V_ERR_HOSTNAME_MISMATCH && verdict != X509_V_ERR_IP_ADDRESS_MISMATCH &&
	    !certificate_names_host(leaf, tls->host)) {
		buf_append_text(&out, "; and it");
		put_mismatch(tls, leaf, &out);
	}
	snprintf(tls->verdict.why, sizeof tls->verdict.why, "%s", buf_text(&out));
	buf_free(&out);
}

/* ", signed by CN=root or CN=other" */
static void put_request(const struct tls *tls, const char *words, struct buf *out)
{
	buf_printf(out, "%s%s%s", words, tls->request_names[0] ? ", signed by " : "",
	           tls->request_names);
}

/* The alert that we have sent; its meaning where that is the reason. */
static void put_sent_alert(const struct tls *tls, bool is_reason, struct buf *out)
{
	if (tls->alert_out == TLS_NOT_SEEN)
		return;
	const char *name = tls_alert_name((uint8_t)tls->alert_out);
	buf_append_text(out, "; the peer was sent ");
	if (is_reason || !name)
		put_alert(tls->alert_out, out);
	else
		buf_printf(out, "%s (alert %d)", name, tls->alert_out);
}

/* Some versions of the library call it a wrong version, and send an alert that says so. Where the body has
 * been read first, what is left came after that. */
static void explain_no_record(struct tls *tls, struct buf *out)
{
	char bytes[TLS_FIRST];
	bool body_is_left = tls->body_left == (size_t)(tls->header[3] << 8 | tls->header[4]);
	size_t more = body_is_left ? sizeof bytes - tls->header_len : 0;
	more = tls->in.len < more ? tls->in.len : more;
	memcpy(bytes, tls->header, tls->header_len);
	memcpy(bytes + tls->header_len, buf_data(&tls->in), more);
	tls->out_of_records = true;
	buf_printf(out, "what came after %u TLS record%s is no TLS record: \"", tls->headers - 1,
	           tls->headers == 2 ? "" : "s");
	escape_encode(bytes, tls->header_len + more, out);
	buf_append_text(out, "\"");
	put_sent_alert(tls, false, out);
}

/* What the library says, with the version or the type of the record where that is the reason. */
static void explain_record(struct tls *tls, struct buf *out)
{
	int reason = ERR_GET_REASON(tls_last_error());
	const char *name = tls_record_name(tls->header[0]);
	bool header = tls->header_len == TLS_RECORD_HEADER;
	tls->odd_record = header && reason == SSL_R_WRONG_VERSION_NUMBER;
	if (tls->odd_record)
		buf_printf(
		        out,
		        "a record has the version 0x%02x%02x, not the version of this connection",
		        tls->header[1], tls->header[2]);
	else
		buf_append_text(out, tls_last_reason());
	if (header && (reason == SSL_R_BAD_RECORD_TYPE || reason == SSL_R_UNEXPECTED_MESSAGE))
		buf_printf(out, ", in a record of the type %s%s%u", name ? name : "",
		           name ? " " : "", tls->header[0]);
	put_sent_alert(tls, !tls->odd_record, out);
}

void tls_explain_failure(struct tls *tls)
{
	struct buf out = { .max = SIZE_MAX };
	bool header = tls->header_len == TLS_RECORD_HEADER;
	if (tls->state == TLS_HANDSHAKE && !tls_peer_speaks_tls(tls)) {
		buf_append_text(&out, "the peer speaks no TLS here: it sent \"");
		escape_encode(tls->first, tls->first_len, &out);
		buf_append_text(&out, "\"");
	} else if (header && !begins_record(tls->header, tls->header_len)) {
		explain_no_record(tls, &out);
	} else if (tls->alert_in != TLS_NOT_SEEN) {
		buf_append_text(&out, "the peer reports ");
		put_alert(tls->alert_in, &out);
		if (tls->certificate_requested)
			put_request(tls, "; it asks for one", &out);
	} else if (tls->context->verifies && *tls->verdict.why) {
		buf_append_text(&out, tls->verdict.why);
	} else if (tls->no_certificate) {
		buf_append_text(&out, "the client has sent no certificate, and is asked for one");
	} else {
		explain_record(tls, &out);
	}
	snprintf(tls->why, sizeof tls->why, "%s", buf_text(&out));
	buf_free(&out);
}

/* ---- what was agreed on ---- */

static void put_version(const struct tls *tls, struct buf *out)
{
	const char *version = SSL_get_version(tls->library);
	buf_printf(out, "TLS %s", strncmp(version, "TLSv", 4) == 0 ? version + 4 : version);
}

/* NULL where the key exchange has no group, or, in TLS 1.2, there was none. */
static const char *group_of(const struct tls *tls)
{
	if (SSL_session_reused(tls->library) && SSL_version(tls->library) < TLS1_3_VERSION)
		return NULL;
	return SSL_group_to_name(tls->library, (int)SSL_get_negotiated_group(tls->library));
}

/* The protocol that both ends have, after a word; nothing where none was agreed on. */
static void put_alpn(const struct tls *tls, const char *word, struct buf *out)
{
	unsigned len;
	const unsigned char *protocol;
	SSL_get0_alpn_selected(tls->library, &protocol, &len);
	if (!len)
		return;
	buf_append_text(out, word);
	escape_encode((const char *)protocol, len, out);
}

/* What was found of the server's certificate: as a clause of the line that says what was agreed on, or as the
 * value of "verified", which says what was checked. */
static void put_verdict(const struct tls *tls, bool clause, struct buf *out)
{
	const char *why = tls->verdict.why;
	if (tls->verdict.code != X509_V_OK)
		buf_printf(out, "%s (verify off)%s%s", clause ? "certificate not verified" : "no",
		           *why ? ": " : "", why);
	else if (*tls->context->pin)
		buf_printf(out, "%s is the pinned one", clause ? "certificate" : "it");
	else if (*tls->host)
		buf_printf(out, clause ? "certificate of %s verified" : "authority, dates, name %s",
		           tls->host);
	else
		buf_append_text(out, clause ? "certificate verified, but for no name"
		                            : "authority, dates; no name");
}

static void print_client(const struct tls *tls, struct buf *out)
{
	const X509 *certificate = SSL_get0_peer_certificate(tls->library);
	if (!certificate)
		return;
	buf_append_text(out, "; certificate of ");
	certificate_put_subject(certificate, out);
	buf_append_text(out, " verified");
}

void tls_print(const struct tls *tls, struct buf *out)
{
	const char *group = group_of(tls);
	put_version(tls, out);
	buf_printf(out, ", %s%s%s", SSL_get_cipher_name(tls->library), group ? ", " : "",
	           group ? group : "");
	put_alpn(tls, ", ALPN ", out);
	if (SSL_session_reused(tls->library))
		buf_append_text(out, ", resumed");
	if (tls->context->server) {
		print_client(tls, out);
		return;
	}
	if (tls->certificate_requested && !SSL_get_certificate(tls->library))
		put_request(tls, "; the server asks for a certificate", out);
	buf_append_text(out, "; ");
	put_verdict(tls, true, out);
}

static void put_asked(const char *name, const char *value, struct buf *out)
{
	if (!value || !*value)
		return;
	buf_printf(out, "%s\t", name);
	escape_encode(value, strlen(value), out);
	buf_append_text(out, "\n");
}

void tls_context_print_asked(const struct tls_context *context, struct buf *out)
{
	put_asked(TLS_ASKED_ALPN, context->alpn_words, out);
	put_asked(TLS_ASKED_VERIFY, context->verifies ? NULL : "off", out);
	put_asked(TLS_ASKED_PIN, context->pin, out);
	put_asked(TLS_ASKED_CA, context->ca, out);
	put_asked(TLS_ASKED_CERT, context->cert, out);
	put_asked(TLS_ASKED_KEY, context->key, out);
	put_asked(TLS_ASKED_CLIENTS, context->verifies_clients && !context->ca ? "verified" : NULL,
	          out);
}

void tls_print_asked(const struct tls *tls, struct buf *out)
{
	put_asked(TLS_ASKED_NAME, tls->host, out);
	tls_context_print_asked(tls->context, out);
}

/* One line: its name, and what was written after that. */
static void begin_fact(struct buf *out, const char *name)
{
	buf_printf(out, "%s%s\t", out->len ? "\n" : "", name);
}

static void describe_certificate(const X509 *certificate, const char *label, bool whole,
                                 struct buf *out)
{
	begin_fact(out, label);
	certificate_put_subject(certificate, out);
	if (whole) {
		begin_fact(out, "issued by");
		certificate_put_name(X509_get_issuer_name(certificate), out);
		begin_fact(out, "its names");
		certificate_put_hosts(certificate, out);
	}
	begin_fact(out, "valid");
	certificate_put_time(X509_get0_notBefore(certificate), out);
	buf_append_text(out, " to ");
	certificate_put_time(X509_get0_notAfter(certificate), out);
}

/* Where the server asks for a certificate, or one is there: what became of it. */
static void describe_own(const struct tls *tls, struct buf *out)
{
	const X509 *certificate = SSL_get_certificate(tls->library);
	if (!certificate && !tls->certificate_requested)
		return;
	begin_fact(out, "ours");
	if (!certificate) {
		put_request(tls, "none: the server asks for one", out);
		return;
	}
	certificate_put_subject(certificate, out);
	buf_append_text(out, tls->certificate_requested ? ", sent" : ", not asked for");
}

/* The certificate of a client, which the handshake has verified. */
static void describe_client(const struct tls *tls, struct buf *out)
{
	const X509 *certificate = SSL_get0_peer_certificate(tls->library);
	if (!tls->context->verifies_clients)
		return;
	if (!certificate) {
		begin_fact(out, "client's");
		buf_append_text(out, "none");
		return;
	}
	describe_certificate(certificate, "client's", true, out);
	begin_fact(out, "verified");
	buf_append_text(out, "authority, dates");
}

void tls_describe(struct tls *tls)
{
	struct buf *out = &tls->facts;
	SSL *library = tls->library;
	const char *group = group_of(tls),
	           *sni = SSL_get_servername(library, TLSEXT_NAMETYPE_host_name);
	buf_clear(out);
	begin_fact(out, "TLS");
	put_version(tls, out);
	begin_fact(out, "cipher");
	buf_append_text(out, SSL_get_cipher_name(library));
	if (group) {
		begin_fact(out, "group");
		buf_append_text(out, group);
	}
	put_alpn(tls, "\nALPN\t", out);
	begin_fact(out, "resumed");
	if (SSL_session_reused(library))
		buf_append_text(out, "yes: with the keys of an earlier handshake");
	else if (tls->offered)
		buf_append_text(out, "no: the server did not take our ticket");
	else
		buf_append_text(out, "no: full handshake");
	if (tls->updates_in || tls->updates_out) {
		begin_fact(out, "key updates");
		buf_printf(out, "%u sent, %u received", tls->updates_out, tls->updates_in);
	}
	begin_fact(out, "SNI");
	if (sni)
		escape_encode(sni, strlen(sni), out);
	else
		buf_append_text(out,
		                tls->context->server ? "none was sent" : "none: it is for names");
	if (tls->context->server) {
		begin_fact(out, "certificate");
		buf_printf(out, "ours, %s", tls_context_fingerprint(tls->context));
		describe_client(tls, out);
		buf_text(out);
		return;
	}
	begin_fact(out, "verified");
	put_verdict(tls, false, out);
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(library);
	for (int i = 0; chain && i < sk_X509_num(chain) && i < CHAIN_MOST; i++)
		describe_certificate(sk_X509_value(chain, i), i ? "authority" : "certificate",
		                     i == 0, out);
	describe_own(tls, out);
	buf_text(out); /* ends it with a NUL */
}

const char *tls_facts(const struct tls *tls)
{
	return tls->facts.len ? buf_data(&tls->facts) : "";
}

/* ---- what it means ---- */

static const char no_tls[] =
        "Its first bytes are no TLS record. Either the port is for plain text: open it without "
        "tls; or the protocol begins in clear, and TLS is asked for by a command of its own "
        "(STARTTLS).";
static const char no_record[] =
        "What came before it were TLS records. Either the peer has gone on without TLS, or bytes "
        "were lost, added or changed on the way.";
static const char not_in_names[] =
        "Names and addresses count where they are in the certificate's subjectAltName. It must be "
        "made again with one: openssl req has -addext subjectAltName=DNS:NAME, or IP:ADDRESS.";
static const char retired[] =
        "Here TLS 1.2 and 1.3 are spoken, and the other end has neither, or is set so. TLS 1.0 "
        "and 1.1 are retired (RFC 8996).";
static const char client_self_signed[] =
        "No authority has signed it, so anybody can have made it. The client must be given one "
        "from an authority that is trusted here; or ca FILE, or SSL_CERT_FILE, must have this one, "
        "too.";
static const char any_alert[] =
        "The other end has sent this alert and given the connection up: its own log may say more.";

static const struct {
	long verdict;
	const char *advice;
} verdicts[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED,
	  "It must be renewed, or this machine's clock is wrong: date shows it." },
	{ X509_V_ERR_CERT_NOT_YET_VALID,
	  "The certificate is for later, or this machine's clock is wrong: date shows it." },
	{ X509_V_ERR_HOSTNAME_MISMATCH,
	  "Call the server by one of the names in its certificate, if that is the server that was "
	  "meant." },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH,
	  "Call the server by one of the names in its certificate, if that is the server that was "
	  "meant." },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	  "No authority has signed it, so anybody can have made it. A test server often has such "
	  "a one: ca FILE, or SSL_CERT_FILE, names a file of certificates to trust." },
};

/* A client was asked for a certificate, and has none. */
static const char *advise_client(const struct tls *tls)
{
	if (tls->context->ca)
		return "Clients are taken that have a certificate from one of the authorities of "
		       "ca FILE: the client must be given such a one, with its key.";
	return "Clients are taken that have a certificate from one of the authorities of this "
	       "machine: the client must be given such a one, with its key.";
}

/* What an alert means that the peer has sent of our certificate, or of one that it misses. */
static const char *advise_alert(const struct tls *tls)
{
	int alert = tls->alert_in;
	bool has_certificate = *tls->context->fingerprint;
	if (alert == SSL_AD_CERTIFICATE_REQUIRED ||
	    (alert == SSL_AD_HANDSHAKE_FAILURE && tls->certificate_requested && !has_certificate))
		return "The server takes clients that have a certificate, and none was sent: cert "
		       "FILE key FILE name one, on the command line --ssl-cert and --ssl-key.";
	if (alert < SSL_AD_BAD_CERTIFICATE || alert > SSL_AD_UNKNOWN_CA || !has_certificate)
		return any_alert;
	if (!tls->context->server)
		return "This is about our certificate: the server does not take it. It must be "
		       "from an authority that the server trusts, of today, and for clients.";
	return "This is about our certificate: the client does not take it. Its authority, or, "
	       "where it was made here, the certificate itself must be trusted there.";
}

const char *tls_advice(const struct tls *tls)
{
	long verdict = tls->verdict.code;
	if (tls->state == TLS_OPEN && !tls->peer_closed)
		return tls_advice_cut_short();
	if (tls->state != TLS_FAILED)
		return "";
	if (!tls_peer_speaks_tls(tls))
		return no_tls;
	if (tls->out_of_records)
		return no_record;
	if (tls->alert_in == SSL_AD_PROTOCOL_VERSION ||
	    (tls->alert_out == SSL_AD_PROTOCOL_VERSION && !tls->odd_record))
		return retired;
	if (tls->alert_in != TLS_NOT_SEEN)
		return advise_alert(tls);
	if (tls->no_certificate)
		return advise_client(tls);
	if (tls->context->server && verdict == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		return client_self_signed;
	if (tls->in_common_name &&
	    (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH))
		return not_in_names;
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (verdicts[i].verdict == verdict)
			return verdicts[i].advice;
	if (verdict != X509_V_OK && verdict != TLS_NOT_SEEN)
		return "Its chain does not end at an authority that this machine trusts. The peer "
		       "may have left out a certificate of its chain; ca FILE, or SSL_CERT_FILE, "
		       "names a file of certificates to trust.";
	return "The two ends do not understand each other, or something on the way has changed "
	       "records.";
}
