--- The times that the protocol of a campaign rests on, in seconds.
return {
  -- The longest that a request may take, whatever the client allows.
  request = 10,
  -- How long a worker counts as alive after it was heard of, at least; and as a multiple of the longest request.
  lease = 30, lease_factor = 3,
  -- A contact that was marked longer ago than this is not sent: the process was frozen, or swapped out, or the disk is slow.
  oldest_mark = 1,
  -- How far from the moment of a mark the service may date an Execution: before it, and after it.
  window_before = 5, window_after = 60,
  -- An Execution that is not in the list this long after its request is taken for none: the list lags behind.
  settle = 60,
  -- Between two looks for what dead workers left, and whether all is done; and after a look-up that failed.
  take_over = 3, look_again = 1, look_up_failed = 5,
  -- A result waits this long for others, so that one transaction serves many.
  linger = 0.02,
  -- The first pause after a request that did not reach the service, the longest, and how many in a row are enough.
  pause = 0.5, longest_pause = 8, pauses = 6,
  -- Attempts to reach a journal's database again, and between them.
  reopen = 1, reopenings = 15,
}
