"""The test bed: real FTPS servers, a real NAT, and the program under test."""
