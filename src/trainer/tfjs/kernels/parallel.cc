#include "parallel.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace adept {
namespace {

// The caller takes items too and never waits for a thread that has not woken up: a short job costs no more than it would
// on one thread.
class Pool {
 public:
  void resize(int threads) {
    while (static_cast<int>(workers_.size()) < threads - 1) {
      workers_.emplace_back([this] { serve(); });
      workers_.back().detach();
    }
  }

  void run(int64_t items, Work work, const void* closure) {
    if (items < 2 || workers_.empty()) {
      for (int64_t item = 0; item < items; item++) work(closure, item);
      return;
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = work;
      closure_ = closure;
      items_ = items;
      next_.store(0, std::memory_order_relaxed);
      generation_++;
    }
    wake_.notify_all();
    take(work, closure, items);
    std::unique_lock<std::mutex> lock(mutex_);
    work_ = nullptr;
    idle_.wait(lock, [this] { return active_ == 0; });
  }

 private:
  void take(Work work, const void* closure, int64_t items) {
    for (int64_t item; (item = next_.fetch_add(1, std::memory_order_relaxed)) < items;) work(closure, item);
  }

  void serve() {
    uint64_t seen = 0;
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return generation_ != seen; });
      seen = generation_;
      if (work_ == nullptr) continue;
      const Work work = work_;
      const void* closure = closure_;
      const int64_t items = items_;
      active_++;
      lock.unlock();
      take(work, closure, items);
      lock.lock();
      if (--active_ == 0) idle_.notify_one();
    }
  }

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::atomic<int64_t> next_{0};
  uint64_t generation_ = 0;
  Work work_ = nullptr;
  const void* closure_ = nullptr;
  int64_t items_ = 0;
  int active_ = 0;
};

// Never destroyed: its threads wait on it until the process ends.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

void set_threads(int count) { pool().resize(count); }
void run_items(int64_t items, Work work, const void* closure) { pool().run(items, work, closure); }

}  // namespace adept
