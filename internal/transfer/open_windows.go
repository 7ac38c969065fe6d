package transfer

const openFlags = 0
