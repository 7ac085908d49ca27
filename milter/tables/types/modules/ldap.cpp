// The module of ldap: tables, and the only file that includes libldap. Every call that waits has a deadline: the caller
// connects the socket, and libldap reads and writes it through SocketIo. The functions of libldap itself have no time
// limit for the rest of a message or for the handshake of TLS.
// Source: ldap_init_fd(3) and ldap_result(3) of OpenLDAP; ldap_table(5); Postfix global/dict_ldap.c.
#include <fmt/format.h>
#include <ldap.h>
#include <openldap.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <utility>

#include "system/wait.h"
#include "tables/types/ldap/ldap_client.h"
#include "tables/types/module.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using Failed = std::unexpected<LdapFailure>;
using Kind = LdapFailure::Kind;

constexpr ber_len_t max_message_bytes = 16 << 20;
constexpr std::size_t max_answer_bytes = 16 << 20;
constexpr std::size_t bytes_of_entry = 64;  // in addition to its texts

/// Frees what libldap made.
template <auto Free>
struct Freed {
  template <class Made>
  void operator()(Made* made) const {
    Free(made);
  }
};
void free_ber(BerElement* ber) { ber_free(ber, 0); }
using Message = std::unique_ptr<LDAPMessage, Freed<ldap_msgfree>>;

Kind kind_of(int code) {
  constexpr std::array rejected = {LDAP_SIZELIMIT_EXCEEDED, LDAP_ADMINLIMIT_EXCEEDED, LDAP_FILTER_ERROR,
                                   LDAP_INVALID_DN_SYNTAX,  LDAP_NAMING_VIOLATION,    LDAP_INAPPROPRIATE_MATCHING,
                                   LDAP_INVALID_SYNTAX,     LDAP_UNDEFINED_TYPE,      LDAP_PARAM_ERROR};
  if (code == LDAP_NO_SUCH_OBJECT) return Kind::no_such_object;
  if (code == LDAP_TIMEOUT || code == LDAP_TIMELIMIT_EXCEEDED) return Kind::timed_out;
  if (code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR) return Kind::disconnected;
  return std::ranges::find(rejected, code) != rejected.end() ? Kind::rejected : Kind::failed;
}

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

Failed failed(const char* doing, int code, const std::string& detail = {}) {
  return Failed(
      {kind_of(code), fmt::format("{}: {}{}{}", doing, ldap_err2string(code), detail.empty() ? "" : ": ", detail)});
}

Failed out_of_time(const char* doing) { return failed(doing, LDAP_TIMEOUT); }

LdapScope scope_of(int scope) {
  if (scope == LDAP_SCOPE_ONELEVEL) return LdapScope::one;
  return scope == LDAP_SCOPE_SUBTREE ? LdapScope::sub : LdapScope::base;
}

int number_of(LdapScope scope) {
  constexpr std::array numbers = {LDAP_SCOPE_BASE, LDAP_SCOPE_ONELEVEL, LDAP_SCOPE_SUBTREE};
  return numbers[static_cast<std::size_t>(scope)];
}

/// The socket of a handle. Waits until the deadline, and then fails with ETIMEDOUT.
class SocketIo {
 public:
  explicit SocketIo(Descriptor socket) : socket_(std::move(socket)) {}

  int socket() const { return socket_.get(); }
  void set_deadline(Deadline deadline) { deadline_ = deadline; }
  bool is_over() const { return has_passed(deadline_); }

  /// The functions that libldap calls. Their argument is a SocketIo.
  static Sockbuf_IO* functions() {
    static Sockbuf_IO table{.sbi_setup = set_up,
                            .sbi_remove = leave,
                            .sbi_ctrl = control,
                            .sbi_read = receive,
                            .sbi_write = send,
                            .sbi_close = leave};
    return &table;
  }

 private:
  static SocketIo& of(Sockbuf_IO_Desc* layer) { return *static_cast<SocketIo*>(layer->sbiod_pvt); }
  static int set_up(Sockbuf_IO_Desc* layer, void* io) {
    layer->sbiod_pvt = io;
    return 0;
  }
  static int leave(Sockbuf_IO_Desc* /*layer*/) { return 0; }  // the destructor closes the socket
  static int control(Sockbuf_IO_Desc* /*layer*/, int /*option*/, void* /*argument*/) { return 0; }
  static ber_slen_t receive(Sockbuf_IO_Desc* layer, void* buffer, ber_len_t size) {
    const int socket = of(layer).socket();
    return of(layer).repeat(POLLIN, [&] { return ::recv(socket, buffer, size, MSG_DONTWAIT); });
  }
  static ber_slen_t send(Sockbuf_IO_Desc* layer, void* bytes, ber_len_t size) {
    const int socket = of(layer).socket();
    return of(layer).repeat(POLLOUT, [&] { return ::send(socket, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL); });
  }

  /// Repeats the call until it need not wait for the socket, at most until the deadline.
  template <class Call>
  ber_slen_t repeat(short event, Call call) const {
    for (;;) {
      const ssize_t done = call();
      if (done >= 0 || (errno != EAGAIN && errno != EINTR)) return done;
      if (wait_for(socket_.get(), event, deadline_) == 0) {
        errno = ETIMEDOUT;
        return -1;
      }
    }
  }

  Descriptor socket_;
  Deadline deadline_{};
};

/// A handle of libldap with its socket.
class Handle {
 public:
  Handle(LDAP* ldap, std::unique_ptr<SocketIo> io) : ldap_(ldap), io_(std::move(io)) {}
  ~Handle() { ldap_unbind_ext(ldap_, nullptr, nullptr); }
  Handle(const Handle&) = delete;
  Handle(Handle&&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;

  LDAP* get() const { return ldap_; }

  /// False if the option cannot be set.
  template <class Value>
  bool set(int option, const Value& value) const {
    return ldap_set_option(ldap_, option, &value) == LDAP_OPT_SUCCESS;
  }
  bool set_text(int option, const std::string& text) const {
    return text.empty() || ldap_set_option(ldap_, option, text.c_str()) == LDAP_OPT_SUCCESS;
  }

  /// Sets the deadline of the socket, and returns the time left; nullopt if the deadline has passed.
  std::optional<timeval> start_wait(Deadline deadline) const {
    io_->set_deadline(deadline);
    const auto left = std::min(time_left(deadline), std::chrono::milliseconds(600'000)).count();
    if (left == 0) return std::nullopt;
    return timeval{left / 1000, left % 1000 * 1000};
  }

  /// The failure of a call that returned this code. After the deadline, libldap reports a lost connection.
  Failed failure(const char* doing, int code) const {
    return io_->is_over() ? out_of_time(doing) : failed(doing, code, detail());
  }

  /// The error of the last call.
  int code() const {
    int result = LDAP_OTHER;
    ldap_get_option(ldap_, LDAP_OPT_RESULT_CODE, &result);
    return result;
  }

  /// What the server or the TLS library said about the last call.
  std::string detail() const {
    char* text = nullptr;
    ldap_get_option(ldap_, LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void*>(&text));
    const std::unique_ptr<char, Freed<ldap_memfree>> owner(text);
    return text_or_empty(text);
  }

  /// The next message of an operation, or all of them.
  std::expected<Message, LdapFailure> receive(const char* doing, int id, int which, Deadline deadline) const {
    auto left = start_wait(deadline);
    LDAPMessage* message = nullptr;
    const int type = left ? ldap_result(ldap_, id, which, &*left, &message) : 0;
    Message owner(message);
    if (type == 0) return out_of_time(doing);
    if (type == -1) return failure(doing, code());
    return owner;
  }

  /// The result in a message that ends an operation.
  std::expected<void, LdapFailure> check_end(const char* doing, LDAPMessage* message) const {
    int result = LDAP_OTHER;
    char* words = nullptr;
    const int error = ldap_parse_result(ldap_, message, &result, nullptr, &words, nullptr, nullptr, 0);
    const std::unique_ptr<char, Freed<ldap_memfree>> owner(words);
    if (error != LDAP_SUCCESS) return failed(doing, error);
    if (result != LDAP_SUCCESS) return failed(doing, result, text_or_empty(words));
    return {};
  }

  std::expected<void, LdapFailure> wait_for_end(const char* doing, int id, Deadline deadline) const {
    const auto message = receive(doing, id, LDAP_MSG_ALL, deadline);
    if (!message) return Failed(message.error());
    return check_end(doing, message->get());
  }

 private:
  LDAP* ldap_;
  std::unique_ptr<SocketIo> io_;
};

using Done = std::expected<void, LdapFailure>;

Done set_options(const Handle& handle, SocketIo& io, const LdapLogin& login) {
  Sockbuf* buffer = nullptr;
  ber_len_t most = max_message_bytes;
  const bool is_set =
      ldap_get_option(handle.get(), LDAP_OPT_SOCKBUF, static_cast<void*>(&buffer)) == LDAP_OPT_SUCCESS &&
      ber_sockbuf_add_io(buffer, SocketIo::functions(), LBER_SBIOD_LEVEL_PROVIDER, &io) == 0 &&
      ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most) == 1 &&
      handle.set(LDAP_OPT_PROTOCOL_VERSION, login.version) && handle.set(LDAP_OPT_DEREF, login.dereference) &&
      ldap_set_option(handle.get(), LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS;
  return is_set ? Done() : Done(failed("an option cannot be set", LDAP_PARAM_ERROR));
}

Done set_tls_options(const Handle& handle, const LdapLogin& login) {
  const int require = login.requires_certificate ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
  constexpr int as_client = 0;
  const bool is_set = handle.set_text(LDAP_OPT_X_TLS_CACERTFILE, login.tls_ca_cert_file) &&
                      handle.set_text(LDAP_OPT_X_TLS_CACERTDIR, login.tls_ca_cert_dir) &&
                      handle.set_text(LDAP_OPT_X_TLS_CERTFILE, login.tls_cert) &&
                      handle.set_text(LDAP_OPT_X_TLS_KEYFILE, login.tls_key) &&
                      handle.set_text(LDAP_OPT_X_TLS_CIPHER_SUITE, login.tls_cipher_suite) &&
                      handle.set(LDAP_OPT_X_TLS_REQUIRE_CERT, require) && handle.set(LDAP_OPT_X_TLS_NEWCTX, as_client);
  return is_set ? Done() : Done(failed("the parameters of TLS cannot be used", LDAP_PARAM_ERROR));
}

Done begin_tls(const Handle& handle, bool is_ldaps, const LdapLogin& login, Deadline deadline) {
  if (Done done = set_tls_options(handle, login); !done) return done;
  int id = 0;
  if (!is_ldaps) {
    if (!handle.start_wait(deadline)) return out_of_time("STARTTLS");
    const int error = ldap_start_tls(handle.get(), nullptr, nullptr, &id);
    if (error != LDAP_SUCCESS) return handle.failure("STARTTLS", error);
    if (Done done = handle.wait_for_end("STARTTLS", id, deadline); !done) return done;
  }
  if (!handle.start_wait(deadline)) return out_of_time("TLS");
  const int error = ldap_install_tls(handle.get());
  return error == LDAP_SUCCESS ? Done() : Done(handle.failure("TLS", error));
}

Done bind(const Handle& handle, const LdapLogin& login, Deadline deadline) {
  std::string password = login.bind_password;
  berval credentials{password.size(), password.data()};
  int id = 0;
  if (!handle.start_wait(deadline)) return out_of_time("bind");
  const int error =
      ldap_sasl_bind(handle.get(), login.bind_dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id);
  if (error != LDAP_SUCCESS) return handle.failure("bind", error);
  return handle.wait_for_end("bind", id, deadline);
}

/// Collects the entries of a search, and counts their bytes.
class Answer {
 public:
  explicit Answer(LDAP* ldap) : ldap_(ldap) {}

  /// False if the entry cannot be read to its end.
  bool add(LDAPMessage* message) {
    BerElement* ber = nullptr;
    berval text{};
    int error = ldap_get_dn_ber(ldap_, message, &ber, &text);
    const std::unique_ptr<BerElement, Freed<free_ber>> owner(ber);
    LdapEntry entry;
    bytes_ += bytes_of_entry;
    while (error == LDAP_SUCCESS) {
      berval* values = nullptr;
      error = ldap_get_attribute_ber(ldap_, message, ber, &text, &values);
      const std::unique_ptr<berval, Freed<ldap_memfree>> values_owner(values);
      if (error != LDAP_SUCCESS || text.bv_val == nullptr) break;
      entry.push_back(attribute(text, values));
    }
    entries_.push_back(std::move(entry));
    return error == LDAP_SUCCESS;
  }
  bool is_too_large() const { return bytes_ > max_answer_bytes; }
  std::vector<LdapEntry> take() && { return std::move(entries_); }

 private:
  LdapAttribute attribute(const berval& description, const berval* values) {
    LdapAttribute result{{description.bv_val, description.bv_len}, {}};
    for (; values != nullptr && values->bv_val != nullptr; ++values) {
      result.values.emplace_back(values->bv_val, values->bv_len);
      bytes_ += values->bv_len + bytes_of_entry;
    }
    return result;
  }

  LDAP* ldap_;
  std::vector<LdapEntry> entries_;
  std::size_t bytes_ = 0;
};

class Connection final : public LdapConnection {
 public:
  explicit Connection(std::unique_ptr<const Handle> handle) : handle_(std::move(handle)) {}

  LdapEntries search(const LdapSearch& search, Deadline deadline) override {
    std::vector<char*> attributes;
    attributes.reserve(search.attributes.size() + 1);
    for (const std::string& name : search.attributes) attributes.push_back(const_cast<char*>(name.c_str()));
    attributes.push_back(nullptr);
    auto left = handle_->start_wait(deadline);
    if (!left) return out_of_time(doing);
    timeval for_server{left->tv_sec + 1, 0};  // whole seconds: our own deadline comes first
    int id = 0;
    const int error =
        ldap_search_ext(handle_->get(), search.base.c_str(), number_of(search.scope),
                        search.filter ? search.filter->c_str() : nullptr, attributes.data(), 0, nullptr, nullptr,
                        &for_server, static_cast<int>(std::min<std::size_t>(search.max_entries, 1 << 30)), &id);
    if (error != LDAP_SUCCESS) return handle_->failure(doing, error);
    return entries_of(id, deadline);
  }

 private:
  static constexpr const char* doing = "search";

  LdapEntries entries_of(int id, Deadline deadline) const {
    Answer answer(handle_->get());
    for (;;) {
      const auto message = handle_->receive(doing, id, LDAP_MSG_ONE, deadline);
      if (!message) return Failed(message.error());
      const int type = ldap_msgtype(message->get());
      if (type == LDAP_RES_SEARCH_ENTRY && !answer.add(message->get())) return failed(doing, LDAP_DECODING_ERROR);
      if (answer.is_too_large()) return Failed({Kind::rejected, "the answer is too large"});
      if (type != LDAP_RES_SEARCH_RESULT) continue;  // also references to other servers, which are not followed
      if (auto end = handle_->check_end(doing, message->get()); !end) return Failed(end.error());
      return std::move(answer).take();
    }
  }

  std::unique_ptr<const Handle> handle_;
};

class Client final : public LdapClient {
 public:
  std::expected<std::optional<LdapUrl>, std::string> url_of(const std::string& text) const override {
    if (ldap_is_ldap_url(text.c_str()) == 0) return std::nullopt;
    LDAPURLDesc* parsed = nullptr;
    if (ldap_url_parse(text.c_str(), &parsed) != LDAP_URL_SUCCESS) return std::unexpected("it is not a valid LDAP URL");
    const std::unique_ptr<LDAPURLDesc, Freed<ldap_free_urldesc>> owner(parsed);
    LdapUrl url{.scheme = folded(text_or_empty(parsed->lud_scheme)),
                .host = text_or_empty(parsed->lud_host),
                .port = static_cast<std::uint16_t>(parsed->lud_port),
                .search = {}};
    url.search.base = text_or_empty(parsed->lud_dn);
    url.search.scope = scope_of(parsed->lud_scope);
    if (parsed->lud_filter != nullptr) url.search.filter = parsed->lud_filter;
    for (char** name = parsed->lud_attrs; name != nullptr && *name != nullptr; ++name) {
      url.search.attributes.emplace_back(*name);
    }
    return url;
  }

  std::expected<std::unique_ptr<LdapConnection>, LdapFailure> log_in(Descriptor socket, const std::string& url,
                                                                     const LdapLogin& login,
                                                                     Deadline deadline) const override {
    read_global_options();
    auto io = std::make_unique<SocketIo>(std::move(socket));
    SocketIo& layer = *io;
    LDAP* ldap = nullptr;
    const int error = ldap_init_fd(layer.socket(), LDAP_PROTO_EXT, url.c_str(), &ldap);
    if (error != LDAP_SUCCESS) return failed("connect", error);
    auto handle = std::make_unique<const Handle>(ldap, std::move(io));
    Done done = set_options(*handle, layer, login);
    const auto parsed = url_of(url);
    const bool is_ldaps = parsed && *parsed && (*parsed)->scheme == "ldaps";
    if (done && (is_ldaps || login.start_tls)) done = begin_tls(*handle, is_ldaps, login, deadline);
    if (done && login.has_bind) done = bind(*handle, login, deadline);
    if (!done) return Failed(done.error());
    return std::make_unique<Connection>(std::move(handle));
  }

 private:
  /// Makes the library read ldap.conf(5) once. The library itself does not lock this.
  static void read_global_options() {
    static std::once_flag once;
    std::call_once(once, [version = 0]() mutable { ldap_get_option(nullptr, LDAP_OPT_PROTOCOL_VERSION, &version); });
  }
};

const Client client;

}  // namespace
}  // namespace shorthop

extern "C" const shorthop::Module shorthop_module;
const shorthop::Module shorthop_module = shorthop::module_of<shorthop::LdapClient>(SHORTHOP_VERSION, shorthop::client);
