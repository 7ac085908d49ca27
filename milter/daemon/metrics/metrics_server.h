// HTTP server from which a Prometheus on this host reads the metrics (libmicrohttpd). It has its own threads.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "system/endpoint.h"
#include "system/sockets.h"
#include "text/diagnostic.h"

namespace shorthop {

class MetricsServer {
 public:
  /// Makes the text for a scrape. Called in the server's thread.
  using Text = std::function<std::string()>;

  /// Listens; an error if it cannot, or if this program was built without metrics.
  static std::expected<std::unique_ptr<MetricsServer>, Diagnostic> start(const Endpoint& socket, Text text);
  /// Removes the socket and lets running scrapes end.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  MetricsServer(MetricsServer&&) = delete;
  MetricsServer& operator=(MetricsServer&&) = delete;

 private:
  struct Running;
  explicit MetricsServer(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

}  // namespace shorthop
