#include "daemon/metrics/metrics_server.h"

#ifdef SHORTHOP_WITH_PROMETHEUS
#include <microhttpd.h>
#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <string_view>
#include <utility>

#include "daemon/metrics/prometheus_text.h"
#include "system/descriptor.h"
#include "system/system_error.h"
#endif

namespace shorthop {

#ifdef SHORTHOP_WITH_PROMETHEUS
struct MetricsServer::Running {
  SocketFile file;
  Text text;
  MHD_Daemon* daemon = nullptr;
};

namespace {

constexpr unsigned max_clients = 16;
constexpr unsigned idle_seconds = 10;  // then the connection of a slow or silent client is closed
constexpr int waiting_clients = 16;

Diagnostic problem_of(const Endpoint& socket, std::string what) {
  return {{socket.text(), 0},
          std::move(what),
          "correct the setting metrics, or write metrics = off",
          Severity::error,
          ErrorClass::temporary};
}

std::expected<Descriptor, Diagnostic> listen_at(const Endpoint& socket) {
  sockaddr_storage address{};
  const socklen_t length = address_of(socket, address);
  if (length == 0) return std::unexpected(problem_of(socket, "no such address"));
  Descriptor listener(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!listener.is_open() || ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(listener.get(), waiting_clients) != 0) {
    return std::unexpected(problem_of(socket, error_text(errno)));
  }
  return listener;
}

MHD_Result reply(MHD_Connection* connection, unsigned status, std::string_view text) {
  MHD_Response* response =
      MHD_create_response_from_buffer(text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                          status == MHD_HTTP_OK ? prometheus_content_type : "text/plain; charset=utf-8");
  const MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return queued;
}

/// Called by libmicrohttpd for each request; no exception may reach it.
MHD_Result serve(void* running, MHD_Connection* connection, const char* url, const char* method, const char*,
                 const char*, size_t* upload_size, void**) noexcept try {
  const std::string_view verb(method);
  if (*upload_size != 0) return MHD_NO;  // a request with a body
  if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD) {
    return reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
  }
  if (std::string_view(url) != "/metrics") return reply(connection, MHD_HTTP_NOT_FOUND, "see /metrics\n");
  return reply(connection, MHD_HTTP_OK, static_cast<const MetricsServer::Text*>(running)->operator()());
} catch (const std::exception&) {
  return MHD_NO;  // no memory: the scrape fails, mail does not
}

}  // namespace

std::expected<std::unique_ptr<MetricsServer>, Diagnostic> MetricsServer::start(const Endpoint& socket, Text text) {
  auto lock = SocketLock::take(socket);
  if (!lock) return std::unexpected(std::move(lock.error()));
  if (auto conflict = prepare_address(socket)) return std::unexpected(std::move(*conflict));
  const SocketAccess access{.mode = 0660, .group = {}};
  const CreationMode creation(access);
  auto listener = listen_at(socket);
  if (!listener) return std::unexpected(std::move(listener.error()));
  auto running = std::make_unique<Running>();
  running->file = SocketFile(socket, std::move(*lock));
  running->text = std::move(text);
  running->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD, 0, nullptr, nullptr, &serve, &running->text,
                                     MHD_OPTION_LISTEN_SOCKET, listener->get(), MHD_OPTION_CONNECTION_LIMIT,
                                     max_clients, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_END);
  if (running->daemon == nullptr) return std::unexpected(problem_of(socket, "the HTTP server does not start"));
  static_cast<void>(listener->release());  // MHD_stop_daemon() closes it
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(running)));
}

MetricsServer::~MetricsServer() {
  running_->file.remove();
  MHD_stop_daemon(running_->daemon);
}
#else
struct MetricsServer::Running {};

std::expected<std::unique_ptr<MetricsServer>, Diagnostic> MetricsServer::start(const Endpoint& socket, Text) {
  return std::unexpected(Diagnostic{{socket.text(), 0},
                                    "this shorthopd was built without metrics",
                                    "write metrics = off",
                                    Severity::error,
                                    ErrorClass::settings});
}

MetricsServer::~MetricsServer() = default;
#endif

MetricsServer::MetricsServer(std::unique_ptr<Running> running) : running_(std::move(running)) {}

}  // namespace shorthop
