create table ran (script text);
