-- Withdraws a question for whose answer its node no longer waits.
redis.call('HDEL', calls, 'question:' .. question, 'answer:' .. question)
return { 0, owner, 1 }
