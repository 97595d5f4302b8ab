create table ran (version integer);
